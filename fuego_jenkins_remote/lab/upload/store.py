"""What is asked of a Jenkins to bring a lab's jobs up to date; `controller.Controller` is one."""

from __future__ import annotations

from typing import Protocol


class JobStore(Protocol):
    """Jobs and views by their full names, FOLDER/NAME in a folder; `url` is the Jenkins' address."""

    url: str

    def list_jobs(self, prefix: str) -> list[str]:
        """Names of the jobs that begin with `prefix`."""

    def get_job_config(self, name: str) -> str | None:
        """A job's config.xml, None if there is no such job."""

    def create_job(self, name: str, xml: str) -> None:
        """Make a job."""

    def reconfig_job(self, name: str, xml: str) -> None:
        """Give a job another config.xml."""

    def disable_job(self, name: str) -> None:
        """Let a job start no more builds."""

    def delete_job(self, name: str) -> None:
        """Remove a job."""

    def create_folder(self, name: str) -> None:
        """Make a folder."""

    def list_views(self, prefix: str) -> list[str]:
        """Names of the views that begin with `prefix`."""

    def get_view_config(self, name: str) -> str | None:
        """A view's config.xml, None if there is no such view."""

    def create_view(self, name: str, xml: str) -> None:
        """Make a view."""

    def reconfig_view(self, name: str, xml: str) -> None:
        """Give a view another config.xml."""
