"""A KernelCI target from fuego.conf: kcidb_url, kernelci_token_file, kcidb_origin; of the kernel kcidb_commit,
kcidb_repository, kcidb_tree, as far as they are known.
"""

from __future__ import annotations

from importlib.util import find_spec

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.per_thread import PerThread
from fuego_jenkins_remote.publish.kernelci.mapping import BadKernel, Kernel, Source
from fuego_jenkins_remote.publish.kernelci.target import KernelCiTarget, open_site
from fuego_jenkins_remote.publish.making import BadTarget, Conf


def make(conf: Conf) -> KernelCiTarget:
    """The target; raises BadTarget."""
    if find_spec("kcidb_io") is None:
        raise BadTarget("KernelCI: the package kcidb-io is missing: pip install 'fuego-jenkins-remote[kernelci]'")
    url = conf.needed("kcidb_url")
    try:
        source = Source(
            origin=conf.needed("kcidb_origin"),
            kernel=Kernel(
                commit=conf.get("kcidb_commit"),
                repository=conf.get("kcidb_repository"),
                tree=conf.get("kcidb_tree"),
            ),
            vision_url=conf.get("vision_url").rstrip("/"),
        )
        site = PerThread(lambda: open_site(url, conf.token, ca_file=conf.ca_file))
        site()  # an address that can never work is told at once
    except (BadKernel, ClientError) as error:
        raise BadTarget(f"KernelCI: {error}") from error
    return KernelCiTarget(site, source)
