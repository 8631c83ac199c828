"""The Python client, against real gateways."""
