"""Delivery to SQUAD (https://github.com/Linaro/squad): where a run goes, what it becomes, and that it is there."""
