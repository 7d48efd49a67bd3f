"""One clock tick of a machine as an immutable graph: values, nodes, modules, their text form and their meaning."""
