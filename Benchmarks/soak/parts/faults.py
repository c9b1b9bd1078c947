NAME='faults'; TITLE=''
