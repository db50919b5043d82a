"""Why a call goes where it goes, as people see it: the picture of a plan, drafts of routes, and asking."""
