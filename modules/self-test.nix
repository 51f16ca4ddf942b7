# A known recording is transcribed every night by `reflector doctor --self-test`, as the worker would do it.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  inherit (lib) types;
  worker = config.systemd.services.reflector-work;
  speaks = cfg.work.queues == [ ] || lib.elem "speech" cfg.work.queues;
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
        second time for it, for some seconds.
      '';
    };

    at = lib.mkOption {
      type = types.str;
      default = "*-*-* 04:00:00";
      example = "*-*-* 12:30:00";
      description = "When, as systemd writes times. Every day, because {command}`reflector doctor --hardening` wants a result of the last 26 hours.";
    };
  };

  config =
    lib.mkIf (cfg.enable && cfg.selfTest.enable && lib.elem "reflector-work" cfg.units && speaks)
      {
        systemd = {
          # The worker's own user, settings, credentials, devices and restrictions, whatever set them; only what makes it a service
          # that stays is left out.
          services.reflector-self-test = {
            description = "Self-test of Reflector";
            # Wanted is nothing: what somebody stopped at night stays stopped.
            inherit (worker)
              path
              requires
              after
              onFailure
              ;
            environment = lib.removeAttrs worker.environment [ "PATH" ];
            serviceConfig =
              lib.removeAttrs worker.serviceConfig [
                "NotifyAccess"
                "Restart"
                "RestartSec"
                "TimeoutStopSec"
                "WatchdogSec"
              ]
              // {
                Type = "oneshot";
                ExecStart = "${lib.getExe cfg.package} doctor --self-test";
                TimeoutStartSec = "30min";
                # It asks nobody anything, unless somebody else hears.
                PrivateNetwork =
                  cfg.settings.speech.transcript_url == null && cfg.settings.speech.diarization_url == null;
                # The worker runs as the same user, and keeps its shared memory.
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
