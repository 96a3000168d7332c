# CloudPilot: an account to log in with through the tunnel.

:if ([:len [/user group find name=@USER@]] = 0) do={
    /user group add name=@USER@ policy=@USER_POLICY@
} else={
    /user group set [find name=@USER@] policy=@USER_POLICY@
}
:if ([:len [/user find name=@USER@]] = 0) do={
    /user add name=@USER@ group=@USER@ address=@RANGES@ password=@USER_PASSWORD@ comment="CloudPilot logs in through the tunnel"
} else={
    /user set [find name=@USER@] group=@USER@ address=@RANGES@ password=@USER_PASSWORD@ disabled=no
}
:if ([/ip service get api disabled]) do={ /ip service set api disabled=no address=@RANGES@ }
