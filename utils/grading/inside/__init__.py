"""What stands in the jail beside a submission: its process, what confines it, and the pipe."""
