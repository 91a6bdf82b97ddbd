"""The policy pack: what the requirements and the AWS security controls ask of every resource.

How to add a policy:

1. Find the module of its concern, or add one to `CONCERNS` in `registry.py`. Types go to `tokens.py`.
2. Write a generator under `@policy(...)`, its fields in the order of `decorator.py`. `each=(TYPE,)` gives the
   check one `Resource` at a time and stops a violating one before it is created: use it whenever one resource
   decides. `across=(A, B)` gives it the `Stack` of those types, for relations; name every type that an input
   may refer to as well. Cite every requirement and control it serves.
3. Yield one `Finding` per fact: `yield key["x"].must(key["x"].true, "must be true")`. Values may be unknown:
   combine facts by `& | ~`, `holds` and `some`, never by `and`, `or`, `if`. `says` names what is wrong, never
   the value. Sub-resources: `stack.has(bucket, t.BUCKET_VERSIONING, "bucket", fact)`. Policy documents:
   `per_statement` and `some_statement`. Ids of resources still to come: `resource.refers(value, TYPE)`.
4. Thresholds go to `limits={...}`, where `levels.yaml` may set them for dev and staging.
5. Add a `Case` beside its neighbours in `tests/policies/cases/<concern>.py`: what to add if the platform has no
   such resource, and one break. Run `python -m policies.docs` to renew `docs/policies.md`.
6. A control that does not apply goes to `not_applicable.yaml` with its reason, a resource type that no policy
   needs to look at to `unwatched.yaml`.
"""
