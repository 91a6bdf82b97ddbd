"""Where images come from: repositories whose tags never move (CT-1, CT-N3)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.compute.tasks import Image
from components.platform import Platform

IMAGES = ("gateway", "ml", "worker")
"""The images that `services/` builds; the release workflow pushes each to `jtld/<image>`."""

_UNTAGGED_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository and the rule by which old images go."""

    repository: aws.ecr.Repository
    lifecycle: aws.ecr.LifecyclePolicy

    def image(self, tag: str) -> Image:
        """Return the image that a commit has built."""
        return Image(
            repository_arn=self.repository.arn,
            reference=pulumi.Output.concat(self.repository.repository_url, f":{tag}"),
        )


def repositories(
    *, key_arn: pulumi.Input[str], images_kept: int, parent: pulumi.Resource, platform: Platform
) -> Mapping[str, Repository]:
    """Make a repository for every image."""
    return {
        name: _repository(name, key_arn=key_arn, images_kept=images_kept, parent=parent, platform=platform)
        for name in IMAGES
    }


def _repository(
    name: str, *, key_arn: pulumi.Input[str], images_kept: int, parent: pulumi.Resource, platform: Platform
) -> Repository:
    repository = aws.ecr.Repository(
        name,
        # Fixed: the release workflow and its role name it, too. Each stack has a registry of its own.
        name=f"jtld/{name}",
        image_tag_mutability="IMMUTABLE",
        image_scanning_configuration={"scan_on_push": True},
        encryption_configurations=[{"encryption_type": "KMS", "kms_key": key_arn}],
        force_delete=platform.disposable,
        tags=platform.tags("compute"),
        opts=platform.stateful_child(parent),
    )
    lifecycle = aws.ecr.LifecyclePolicy(
        name,
        repository=repository.name,
        policy=json.dumps({"rules": _rules(images_kept)}),
        opts=platform.child(parent),
    )
    return Repository(repository=repository, lifecycle=lifecycle)


def _rules(images_kept: int) -> list[dict[str, object]]:
    return [
        {
            "rulePriority": 1,
            "description": "What no tag names any more cannot be deployed",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": _UNTAGGED_DAYS,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": "Enough releases to roll back to, each with its signature and its SBOM",
            "selection": {
                "tagStatus": "any",
                "countType": "imageCountMoreThan",
                "countNumber": images_kept * 3,
            },
            "action": {"type": "expire"},
        },
    ]
