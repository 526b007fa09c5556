#!/bin/sh
set -e

rm -f /app/tmp/pids/server.pid
bundle exec rake db:migrate
bundle exec puma -C config/puma.rb
