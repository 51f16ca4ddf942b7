# What the tests share: machines, and the story told to them from a visitor's machine over HTTPS.
{ self, pkgs }:
let
  inherit (pkgs) lib;
  sample = pkgs.callPackage ../nixos/sample.nix { };
in
rec {
  # Said early, clearly and in the middle of the recording.
  words = "Jersey Sheila Texas Chicago Yankee";

  # A machine with Reflector that others may visit.
  host = more: {
    imports = [
      self.nixosModules.default
      more
    ];
    virtualisation = {
      cores = 4;
      memorySize = 6144;
      diskSize = 8192;
    };
    services.reflector = {
      enable = true;
      openWithoutLogin = lib.mkDefault true;
    };
  };

  # Who visits: the story, its recording, and nothing of Reflector.
  visitor =
    { pkgs, ... }:
    {
      environment.systemPackages = [
        pkgs.curl
        pkgs.openssl
        pkgs.python3
      ];
      environment.etc = {
        "story.py".source = ./story.py;
        "recording.wav".source = "${sample}/sample.wav";
      };
    };

  # Python at the head of each test: tell(visitor, URL, step...) runs steps of the story and shows what they say.
  prelude = ''
    def tell(machine, url, *steps, ca="/tmp/ca.crt", more=""):
        print(machine.succeed(
            f"python3 /etc/story.py --url {url} --ca {ca} --recording /etc/recording.wav --words '${words}' --speakers 2"
            f" --data /tmp/story.json --patience 900 {more} {' '.join(steps)}", timeout=1800))

    def hand_over(source, path, target, place):
        """Copies a text file from machine to machine."""
        text = source.succeed(f"base64 -w0 {path}").strip()
        target.succeed(f"mkdir -p $(dirname {place}) && echo {text} | base64 -d >{place}")
  '';
}
