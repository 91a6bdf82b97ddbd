"""What the tests of the file store look for in a graph."""

from tests.support import Graph, Node

BUCKET = "aws:s3/bucket:Bucket"
OBJECTS = {
    "resumes": "resumes/u1/cv.pdf",
    "photos": "photos/u1/me.jpg",
    "logos": "logos/c1/logo.svg",
    "documents": "documents/contract/d1/signed.pdf",
    "temp": "temp/upload-1",
}


def buckets(graph: Graph) -> tuple[Node, ...]:
    return graph.of_type(BUCKET)


def twin(graph: Graph, kind: str, bucket: Node) -> Node:
    """Return the only resource of a kind that configures a bucket."""
    type_ = f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}"
    (found,) = (node for node in graph.of_type(type_) if node.inputs["bucket"] == bucket.outputs["bucket"])
    return found


def files(graph: Graph) -> Node:
    return graph.one(BUCKET, "files")
