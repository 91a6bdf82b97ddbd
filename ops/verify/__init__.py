"""`./jtld verify`: is what is deployed what was promised, asked of the thing itself (design.md, "Evidence").

A check is an object with columns and findings (`check`); what exists is read from the sandbox's cloud or from
an exported state (`world`), and asked of the real account where there is one (`account`).
"""
