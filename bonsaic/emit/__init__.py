"""A module as text for other tools and for people, and that text read back: one file per target.

module --layout, names, verilog_terms--> python, verilog, testbench, blif, aiger; for the eye: dot, curve
text --read_python, read_verilog, read_blif, read_aiger, netlist--> module
Verilog of others --top_module, yosys, read_rtl, ternary, first_state, netlist--> module
"""
