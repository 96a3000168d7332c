# What this router is connected to. A name that could break the text is left out.
:local plain "^[A-Za-z0-9 ._:/@+()=<>-]*\$"
:local interfaces ""
:foreach own in=[/interface wireguard find] do={
    :local called [/interface wireguard get $own name]
    :local marked [/interface wireguard get $own comment]
    :if ($called ~ $plain && $marked ~ "^cp:" && $marked ~ $plain) do={
        :set interfaces ($interfaces . ",{\"name\":\"" . $called . "\",\"comment\":\"" . $marked . "\",\"publickey\":\"" . [/interface wireguard get $own public-key] . "\"}")
    }
}
:local peers ""
:foreach peer in=[/interface wireguard peers find] do={
    :local called [/interface wireguard peers get $peer interface]
    :if ($called ~ $plain && [:len $peers] < 40000) do={
        :set peers ($peers . ",{\"interface\":\"" . $called . "\",\"publickey\":\"" . [/interface wireguard peers get $peer public-key] . "\",\"lasthandshake\":\"" . [/interface wireguard peers get $peer last-handshake] . "\",\"endpoint\":\"" . [/interface wireguard peers get $peer current-endpoint-address] . "\",\"port\":\"" . [/interface wireguard peers get $peer current-endpoint-port] . "\",\"rx\":\"" . [/interface wireguard peers get $peer rx] . "\",\"tx\":\"" . [/interface wireguard peers get $peer tx] . "\"}")
    }
}
:local addresses ""
:foreach row in=[/ip address find disabled=no] do={
    :local called [/ip address get $row interface]
    :if (!($called ~ $plain)) do={ :set called "" }
    :if ([:len $addresses] < 10000) do={
        :set addresses ($addresses . ",{\"address\":\"" . [/ip address get $row address] . "\",\"interface\":\"" . $called . "\"}")
    }
}
:local names ""
:foreach one in=[/interface find] do={
    :local called [/interface get $one name]
    :if ($called ~ $plain && [:len $names] < 10000) do={ :set names ($names . ",\"" . $called . "\"") }
}
:local facts ("\"routeros\":\"" . [/system resource get version] . "\",\"interfaces\":[" . [:pick $interfaces 1 [:len $interfaces]] . "],\"peers\":[" . [:pick $peers 1 [:len $peers]] . "],\"addresses\":[" . [:pick $addresses 1 [:len $addresses]] . "],\"names\":[" . [:pick $names 1 [:len $names]] . "]")
