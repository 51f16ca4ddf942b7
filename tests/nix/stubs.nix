# Declares the options of NixOS that our modules set, with their types, from what stubs.py made of the option list.
{ lib, stubs }:
let
  inherit (lib) types;

  # As systemd's options merge in NixOS: lists are joined, all else must agree.
  unitOption = lib.mkOptionType {
    name = "systemd option";
    merge =
      loc: definitions:
      let
        joined = lib.filter (definition: lib.isList definition.value) definitions;
      in
      if joined != [ ] then
        lib.concatMap (definition: lib.toList definition.value) definitions
      else
        lib.mergeEqualOption loc definitions;
  };

  simple = {
    inherit (types)
      anything
      attrs
      bool
      float
      int
      lines
      nonEmptyStr
      package
      path
      port
      raw
      singleLineStr
      str
      unspecified
      ;
    positive = types.ints.positive;
    unsigned = types.ints.unsigned;
    strings = types.listOf types.str;
    passwdEntry = types.str;
    inherit unitOption;
  };

  type =
    made:
    {
      listOf = types.listOf (type made.of);
      attrsOf = types.attrsOf (type made.of);
      nullOr = types.nullOr (type made.of);
      oneOf = types.oneOf (map type made.of);
      enum = types.enum made.values;
      matching = types.strMatching made.pattern;
      between = types.ints.between made.low made.high;
      submodule = types.submodule (
        { name, ... }:
        {
          options = options name made.options;
        }
        // lib.optionalAttrs (made ? free) { freeformType = type made.free; }
      );
    }
    .${made.t} or simple.${made.t};

  fill =
    name: value:
    if lib.isString value then builtins.replaceStrings [ "\${name}" ] [ name ] value else value;

  options =
    name:
    lib.mapAttrs (
      _: made:
      if made ? below then
        options name made.below
      else
        # Where the list has no plain default, null stands for one, so that everything can be read to its last leaf.
        lib.mkOption {
          type = if made ? default then type made.type else types.nullOr (type made.type);
          default = fill name (made.default or null);
          readOnly = made.readOnly or false;
        }
    );
in
{
  options = options "" stubs;
}
