NAME='degraded'; TITLE=''
