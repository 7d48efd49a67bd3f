"""What each subcommand prints: the arguments of the command line handed to the library, its answers to a person."""
