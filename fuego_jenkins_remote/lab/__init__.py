"""A lab's side: its Jenkins, the bridge between that and the hub, and what they write down."""
