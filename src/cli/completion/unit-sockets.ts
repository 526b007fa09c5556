/** Where running units are found, in shell words: listing control sockets costs no start of the program. */
export const UNIT_SOCKETS = '${LASTCALL_STATE_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/lastcall}/units';
