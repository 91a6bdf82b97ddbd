"""The little of GitHub's API that delivery needs: one comment or issue, found again by its hidden marker."""

import json
import os
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_PAGE = 100
_TIMEOUT_SECONDS = 30


class GitHubError(Exception):
    """GitHub could not be used; the text says what is missing."""


@dataclass(frozen=True, kw_only=True)
class GitHub:
    """One repository, as a workflow's own token may use it."""

    repository: str
    token: str = field(repr=False)
    api: str = "https://api.github.com"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "GitHub":
        """Return the repository of the running workflow.

        Raises:
            GitHubError: A variable is missing.
        """
        try:
            return cls(
                repository=environment["GITHUB_REPOSITORY"],
                token=environment["GITHUB_TOKEN"],
                api=environment.get("GITHUB_API_URL", cls.api),
            )
        except KeyError as missing:
            raise GitHubError(f"{missing.args[0]} is not set: this command runs in a workflow.") from None

    def comment(self, number: int, body: str, marker: str) -> None:
        """Write `body` under pull request `number`, over the comment that carries `marker`."""
        for comment in self._list(f"issues/{number}/comments"):
            if marker in (comment["body"] or "") and comment["user"]["type"] == "Bot":
                self._send("PATCH", f"issues/comments/{comment['id']}", {"body": body})
                return
        self._send("POST", f"issues/{number}/comments", {"body": body})

    def report(self, title: str, body: str, marker: str) -> None:
        """Open an issue, or bring the open one that carries `marker` up to date."""
        if (number := self._find_issue(marker)) is None:
            self._send("POST", "issues", {"title": title, "body": body})
        else:
            self._send("PATCH", f"issues/{number}", {"title": title, "body": body})

    def resolve(self, marker: str, comment: str) -> None:
        """Close the open issue that carries `marker`, saying why, if there is one."""
        if (number := self._find_issue(marker)) is not None:
            self._send("POST", f"issues/{number}/comments", {"body": comment})
            self._send("PATCH", f"issues/{number}", {"state": "closed", "state_reason": "completed"})

    def _find_issue(self, marker: str) -> int | None:
        return next(
            (
                int(issue["number"])
                for issue in self._list("issues?state=open")
                if marker in (issue["body"] or "") and issue["user"]["type"] == "Bot"
            ),
            None,
        )

    def _list(self, path: str) -> Iterator[dict[str, Any]]:
        separator = "&" if "?" in path else "?"
        for page in range(1, 100):
            items = self._send("GET", f"{path}{separator}per_page={_PAGE}&page={page}")
            yield from items
            if len(items) < _PAGE:
                return

    def _send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310  the address comes from the workflow's own environment
            f"{self.api}/repos/{self.repository}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310  as above
            return json.loads(response.read() or "null")
