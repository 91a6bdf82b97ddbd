"""What the function and its infrastructure call the same: importable without the function's own libraries."""

PAGE = "public/index.html"
"""Key of the page in the bucket; only what stands in its folder is served."""
HISTORY = "state/incidents.json"
NAMESPACE, METRIC = "JTLD/Status", "PageRenewed"
