"""The rules of alarms."""
