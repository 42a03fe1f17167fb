# Sets up for development, then runs a TypeScript file under Node 24: sh build/setup/under-node.sh FILE ARGUMENTS …
case $0 in
  /*) root=${0%/*}/../.. ;;
  *) root=./${0%/*}/../.. ;;
esac
purpose=development
. "$root/build/setup/set-up.sh"
exec "$node" --disable-warning=ExperimentalWarning "$@"
