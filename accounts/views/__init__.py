"""The browser edge of people, micro-enterprises, policies and the audit trail."""
