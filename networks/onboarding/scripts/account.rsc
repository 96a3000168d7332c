# CloudPilot: an account to log in with through the tunnel.

# A user of this name that somebody else made is left alone, and so is a group that others are in.
:local own "CloudPilot logs in through the tunnel"
:foreach one in=[/user find] do={
    :if (([/user get $one name] = @USER@ || [/user get $one group] = @USER@) && [/user get $one comment] != $own) do={
        :put ("CloudPilot: there is a user or a group " . @USER@ . " that somebody made. Rename it, and paste the line again.")
        :error "CloudPilot: no account was made."
    }
}
:if ([:len [/user group find name=@USER@]] = 0) do={
    /user group add name=@USER@ policy=@USER_POLICY@
} else={
    /user group set [find name=@USER@] policy=@USER_POLICY@
}
:if ([:len [/user find name=@USER@]] = 0) do={
    /user add name=@USER@ group=@USER@ address=@RANGES@ password=@USER_PASSWORD@ comment=$own
} else={
    /user set [find name=@USER@] group=@USER@ address=@RANGES@ password=@USER_PASSWORD@ disabled=no
}
:if ([/ip service get api disabled]) do={ /ip service set api disabled=no address=@RANGES@ }
