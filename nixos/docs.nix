# What there is to read: the pages of docs/, and the program's own documentation of its code.
{ runCommand, api }:
runCommand "reflector-docs" { } ''
  mkdir -p $out/share/doc
  cp -r ${../docs} $out/share/doc/reflector
  cp ${../README.md} ${../CHANGELOG.md} $out/share/doc/reflector/
  cp -r ${api}/share/doc $out/share/doc/api
''
