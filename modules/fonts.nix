# Fonts for transcripts as PDF: nothing else of Reflector draws letters on this machine.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  config = lib.mkIf config.services.reflector.enable {
    services.reflector.settings.export.fonts = lib.mkDefault [
      "${pkgs.noto-fonts}/share/fonts"
      "${pkgs.noto-fonts-cjk-sans}/share/fonts"
    ];
  };
}
