#!/bin/sh
# The last check: does this machine's nginx take the revision's configuration? If not, nothing changes.
# Within a main configuration that writes nowhere else, as ftl-sync.service may write only below /srv/ftl and in a /tmp
# of its own.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/nginx.conf" << END
pid $folder/pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  include $FTL_REVISION_DIR/nginx.conf;
}
END
nginx -t -q -c "$folder/nginx.conf"
