"""What can go wrong in the agent, as errors that a person can be told about in one line.

WardopsError                  inventory/errors.py
├─ InputError                                                     exit 2, HTTP 400
│  ├─ SchemaTooNew            the journal was written by a newer program
│  └─ OtherRealm              the state folder belongs to another realm
├─ ActionRefused              the incident is not in a state that allows this  exit 1, HTTP 409
└─ StoreError                 disk full, damaged, locked; polling goes on
"""

from __future__ import annotations

from inventory.errors import InputError


class SchemaTooNew(InputError):
    """The journal's schema is newer than this program; reading it could destroy what it holds."""


class OtherRealm(InputError):
    """The journal belongs to another realm: drills and live never share a state folder."""
