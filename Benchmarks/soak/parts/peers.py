NAME='peers'; TITLE=''
