# CloudPilot: what asks, from now on, what this router should hold.
:global CloudPilotPassword

# What is kept as this script is the node's password, for the next one; it is nothing to run.
:if ([:len [/system script find name=@PASSWORD_SCRIPT@]] = 0) do={
    /system script add name=@PASSWORD_SCRIPT@ policy=read source=$CloudPilotPassword
} else={
    /system script set [find name=@PASSWORD_SCRIPT@] source=$CloudPilotPassword
}
@POLL@
:if ([:len [/system scheduler find name=@POLL_SCRIPT@]] = 0) do={
    /system scheduler add name=@POLL_SCRIPT@ interval=@INTERVAL@ policy=@POLL_POLICY@ on-event=@POLL_SCRIPT@
} else={
    /system scheduler set [find name=@POLL_SCRIPT@] interval=@INTERVAL@ policy=@POLL_POLICY@ on-event=@POLL_SCRIPT@ disabled=no
}
/system script run [find name=@POLL_SCRIPT@]
