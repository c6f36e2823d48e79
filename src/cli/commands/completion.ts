import { defineCommand } from "../command.ts";

// The parser itself tells which words may follow; these scripts ask it.

const BASH = `_xdrain() {
  local words
  mapfile -t words < <(xdrain --get-yargs-completions "\${COMP_WORDS[@]}" 2>/dev/null)
  mapfile -t COMPREPLY < <(compgen -W "\${words[*]}" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o bashdefault -o default -F _xdrain xdrain`;

const ZSH = `#compdef xdrain
_xdrain() {
  local -a words_of_xdrain
  words_of_xdrain=("\${(@f)$(xdrain --get-yargs-completions "\${words[@]}" 2>/dev/null)}")
  words_of_xdrain=("\${words_of_xdrain[@]%%:*}")
  compadd -a words_of_xdrain || _files
}
compdef _xdrain xdrain`;

const FISH = `function __xdrain_words
  xdrain --get-yargs-completions (commandline -opc) (commandline -ct) 2>/dev/null
end
complete -c xdrain -a "(__xdrain_words)"`;

const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH };

export const completion = defineCommand({
  usage: "completion <shell>",
  describe: "Print a script that completes commands and options in a shell",
  examples: [
    ["$0 completion bash >>~/.bashrc", "from the next shell on"],
    ["source <($0 completion zsh)", "in this shell"],
  ],
  options: (argv) =>
    argv.positional("shell", {
      choices: ["bash", "zsh", "fish"] as const,
      demandOption: true,
      describe: "Which shell",
    }),
  async run({ shell }, { output }) {
    await output.value({ shell, script: SCRIPTS[shell] }, SCRIPTS[shell]);
    return 0;
  },
});
