"""Decisions about addresses: domains, blocklists and lists of hosts, `robots` of pages."""
