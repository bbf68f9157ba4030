"""What HR data may tell us about people. It moves no money and deletes nobody (PRODUCT 2, 9)."""

from accounts.hris.people import leave, upsert_person
from accounts.hris.uploads import import_file

__all__ = ["import_file", "leave", "upsert_person"]
