"""The settings of a stack: typed, with every limit, and errors that say what to do.

How to add a concern, here `database`:
1. `settings/database.py`: `class DatabaseSettings(Model)`, a docstring under each field (meaning, unit, id);
   limits are `Annotated` types, rules between fields `@rule`, those that depend on
   the stack `@environment_rule`.
2. `settings/model.py`: one field, `database: DatabaseSettings`; rules between concerns are `@rule`s there.
3. The stack files say what has no default; a new secret is one entry in `settings/secrets.py`.
4. `python -m settings.schema`; then one bad value for each rule in `tests/settings/test_database.py`, whose rows
   are as in `test_rules.py` beside it.
"""

from settings.errors import SettingsError
from settings.loader import concerns, load, load_stack_file
from settings.model import Settings

__all__ = ["Settings", "SettingsError", "concerns", "load", "load_stack_file"]
