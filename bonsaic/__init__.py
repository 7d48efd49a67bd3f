"""From RNN to circuit: grow a small recurrent network from a program, lower it to logic, prove them equal."""

__version__ = "0.1.0"
