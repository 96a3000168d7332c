"""Files that routers and devices fetch, each by a name that stands here; there is no folder behind."""
