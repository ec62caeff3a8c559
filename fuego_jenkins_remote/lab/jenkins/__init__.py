"""The lab's Jenkins, behind one adapter around python-jenkins."""
