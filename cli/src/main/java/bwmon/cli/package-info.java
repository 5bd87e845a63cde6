/**
 * What the programs have in common towards the person at the terminal and the program behind the pipe: exit codes and
 * error messages, options, signals, the interval loop, views, JSON lines, rules that choose owners, configuration files with errors
 * that name file and line.
 */
@NullMarked
package bwmon.cli;

import org.jspecify.annotations.NullMarked;
