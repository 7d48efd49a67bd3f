"""Measurements of bonsaic on this machine: one file per benchmark, each with its own options."""
