# Completion of signet for fish: the program itself knows what may follow.
function __signet_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        switch $line
            case :file
                __fish_complete_path $words[-1]
            case :directory
                __fish_complete_directories $words[-1]
            case '*'
                echo $line
        end
    end
end
complete -c signet -f -a '(__signet_complete)'
