# CloudPilot: what asks, from now on, what this router should hold.
@POLL@
:if ([:len [/system scheduler find name=@POLL_SCRIPT@]] = 0) do={
    /system scheduler add name=@POLL_SCRIPT@ interval=@INTERVAL@ policy=@POLL_POLICY@ on-event=@POLL_SCRIPT@
} else={
    /system scheduler set [find name=@POLL_SCRIPT@] interval=@INTERVAL@ policy=@POLL_POLICY@ on-event=@POLL_SCRIPT@ disabled=no
}
/system script run [find name=@POLL_SCRIPT@]
