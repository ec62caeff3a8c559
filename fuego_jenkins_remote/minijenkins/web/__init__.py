"""The HTTP side of the embedded controller: who asks, what is asked, and the answers in Jenkins' form."""
