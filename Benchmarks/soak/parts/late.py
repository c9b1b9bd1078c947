NAME='late'; TITLE=''
