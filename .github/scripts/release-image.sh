#!/bin/sh
# Pushes the scanned image $FOLDER/image.tar of $SERVICE to $REGISTRY under its commit (CT-4) and signs what the
# registry then holds: the signature and the SBOM belong to the digest, which no later push can change.
set -eu

tag=$(printf %.12s "$GITHUB_SHA")
image=$REGISTRY/jtld/$SERVICE:$tag
if docker buildx imagetools inspect "$image" >/dev/null 2>&1; then
    echo "$image is already there and its tag is immutable: nothing to push."
else
    docker load --input "$FOLDER/image.tar"
    docker tag "$SERVICE:$GITHUB_SHA" "$image"
    docker push "$image"
fi
digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')
cosign sign --yes "$REGISTRY/jtld/$SERVICE@$digest"
cosign attest --yes --type spdxjson --predicate "$FOLDER/sbom.spdx.json" "$REGISTRY/jtld/$SERVICE@$digest"
printf '%s\n' "Released \`jtld/$SERVICE:$tag\` (\`$digest\`)" >>"$GITHUB_STEP_SUMMARY"
