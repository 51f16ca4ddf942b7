# A known recording is transcribed every night by `reflector doctor --self-test`: as the worker would do it, or, on a machine that only offers
# speech over HTTP, by its own server as callers ask it.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (lib) types;
  speaks = cfg.work.queues == [ ] || lib.elem "speech" cfg.work.queues;
  here = lib.elem "reflector-work" cfg.units && speaks;
  unit = if here then "reflector-work" else "reflector-speech-server";
  service = config.systemd.services.${unit};

  inherit (cfg.settings.speech_server) listen;
  # Who listens on every address is reached on this machine's own.
  server =
    if lib.hasPrefix "0.0.0.0:" listen then
      "http://127.0.0.1${lib.removePrefix "0.0.0.0" listen}"
    else if lib.hasPrefix "[::]:" listen then
      "http://[::1]${lib.removePrefix "[::]" listen}"
    else
      "http://${listen}";
  # Its own callers' key lies where the server has it.
  throughTheServer = lib.optionalAttrs (!here) {
    REFLECTOR_SPEECH__TRANSCRIPT_URL = server;
    REFLECTOR_SPEECH__TRANSCRIPT_API_KEY_FILE = "%d/api-key";
    REFLECTOR_SPEECH__DIARIZATION_URL = server;
    REFLECTOR_SPEECH__DIARIZATION_API_KEY_FILE = "%d/api-key";
  };
in
{
  options.services.reflector.selfTest = {
    enable = lib.mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = ''
        Whether a known recording is transcribed every night and ten minutes after a start, on machines that do speech. A wrong
        result is told as every failure is; `reflector doctor --hardening` shows the last one. The models are loaded a
        second time for it, for some seconds. A machine that only has the role `speech-server` sends the recording through its
        server instead.
      '';
    };

    at = lib.mkOption {
      type = types.str;
      default = "*-*-* 04:00:00";
      example = "*-*-* 12:30:00";
      description = "When, as systemd writes times. Every day, because {command}`reflector doctor --hardening` wants a result of the last 26 hours.";
    };
  };

  config = lib.mkIf (cfg.enable && cfg.selfTest.enable && lib.elem unit cfg.units) {
    systemd = {
      # The service's own user, settings, credentials, devices and restrictions, whatever set them; only what makes it a service
      # that stays is left out.
      services.reflector-self-test = {
        description = "Self-test of Reflector";
        # Wanted is nothing: what somebody stopped at night stays stopped.
        inherit (service) path requires onFailure;
        after = service.after ++ lib.optional (!here) "${unit}.service";
        environment = lib.removeAttrs service.environment [ "PATH" ] // throughTheServer;
        serviceConfig =
          lib.removeAttrs service.serviceConfig [
            "NotifyAccess"
            "Restart"
            "RestartSec"
            "TimeoutStopSec"
            "WatchdogSec"
          ]
          // lib.optionalAttrs (!here) {
            IPAddressAllow = lib.unique (service.serviceConfig.IPAddressAllow ++ [ (ours.hostOf server) ]);
          }
          // {
            Type = "oneshot";
            ExecStart = "${lib.getExe cfg.package} doctor --self-test";
            # A server that is full is waited for.
            TimeoutStartSec = if here then "30min" else "1h";
            # It asks nobody anything, unless somebody else hears.
            PrivateNetwork =
              here && cfg.settings.speech.transcript_url == null && cfg.settings.speech.diarization_url == null;
            # The service runs as the same user, and keeps its shared memory.
            RemoveIPC = false;
            Nice = 10;
            CPUWeight = 20;
            IOSchedulingClass = "idle";
          };
      };

      timers.reflector-self-test = {
        wantedBy = [ "timers.target" ];
        timerConfig = {
          OnBootSec = "10min";
          OnCalendar = cfg.selfTest.at;
          RandomizedDelaySec = "5min";
        };
      };
    };
  };
}
