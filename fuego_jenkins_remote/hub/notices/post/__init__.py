"""How a message leaves the hub: a module a kind of channel, each a function that sends one or raises NotSent."""
