# A recording of two people on the telephone, for the virtual machines: 30 seconds, MIT, from pyannote's source archive.
{
  runCommand,
  fetchPypi,
}:
let
  source = fetchPypi {
    pname = "pyannote_audio";
    version = "4.0.7";
    hash = "sha256-OpA9+1ynEdE0zCUiVhyRWLGGg29dYuilfEbGZI6Kgik=";
  };
in
runCommand "reflector-sample" { } ''
  mkdir $out
  tar -xOf ${source} --wildcards '*/src/pyannote/audio/sample/sample.wav' >$out/sample.wav
''
