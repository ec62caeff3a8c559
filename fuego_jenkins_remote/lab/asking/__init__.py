"""Builds that somebody has started without a prepared attempt: by a trigger URL, or by hand in Jenkins."""
