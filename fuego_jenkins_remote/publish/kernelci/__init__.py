"""Delivery to KernelCI's database (https://docs.kernelci.org/kcidb): a run as a submission, and what came of it."""
