NAME='halfhour'; TITLE=''
